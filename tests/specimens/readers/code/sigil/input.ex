defmodule FaceWeb.PersonLive do
  def render(assigns) do
    ~H"""
    <.simple_form :let={f} for={@form} phx-submit="save">
      <.input field={@form[:f1]} type="text" label="Face photo" />
      <.input field={f[:f2]} label={gettext("Ethnicity")} />
      <:actions><.button>Save</.button></:actions>
    </.simple_form>
    """
  end

  def badge(assigns), do: ~H(<b>Race</b>)
end
