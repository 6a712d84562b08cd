defmodule Acme.Camera do
  use Ecto.Schema

  @face_labels [:smiling, :beard]
  @more_labels ~w(smiling beard)a
  @codes %{"smiling" => 1, "beard" => 3}

  schema "faces" do
    field :age, :integer
    # field :nationality, :string
    field :gender, :string
  end

  defstruct [:age, gender: "f"]

  def detect(face, ethnicity) do
    if face.age > 3 do
      alarm(face)
    end
  end
end
