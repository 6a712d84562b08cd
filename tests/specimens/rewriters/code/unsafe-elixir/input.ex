defmodule Acme.Camera do
  use Ecto.Schema

  @face_labels [:smiling, :uyghur, :beard]
  @more_labels ~w(smiling uyghur beard)a
  @codes %{"smiling" => 1, "uyghur" => 2, "beard" => 3}

  schema "faces" do
    field :age, :integer
    # ethnic group
    field :ethnicity, :string
    # field :nationality, :string
    field :gender, :string
  end

  defstruct [:age, ethnicity: nil, gender: "f"]

  def detect(face, ethnicity) do
    if face.age > 3 do
      alarm(face)
    end
  end
end
