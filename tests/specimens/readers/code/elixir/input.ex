defmodule Demo.Face do
  @moduledoc """
  Ethnicity of a face.
  """
  use Ecto.Schema
  import Ecto.Changeset
  alias Demo.Repo

  @races [:asian, :black, :white]
  @labels ~w(han uyghur)a
  @codes %{"asian" => 1, "black" => 2}
  @type race :: :asian | :black

  schema "faces" do
    field :age, :integer
    field(:gender, :string)
    # ethnic group
    field :ethnicity, Ecto.Enum, values: [:asian, :black, :white]
    # field :nationality, :string
    belongs_to :race, Demo.Race
    embeds_one :attr, Attr do
      field :skin_tone, :string
    end
  end

  defstruct [:age, race: "asian", nation: nil]

  @doc "race of a face"
  @spec detect(binary, integer) :: atom
  def detect(image, nation \\ 0) when nation > 0 do
    race = "asian"
    if race == "uyghur" do
      alarm(race)
    else
      report(race)
    end
    case nation do
      1 -> :ok
      5 -> alert(:uyghur)
    end
    cond do
      race == "x" -> :a
    end
    %{ethnicity: race, age: 3, "race" => nation}
  end

  defp go(face), do: face |> Map.get(:race) |> IO.puts()
  def changeset(face, params) do
    face |> cast(params, [:age, :gender, :ethnicity])
    |> validate_inclusion(:race, ["asian", "black"])
    face.race
    face[:race]
    %Face{race: "white"}
  end
end
