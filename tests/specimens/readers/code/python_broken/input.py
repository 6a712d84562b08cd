class Face(
    race = "x"  # 民族
def f(:
    labels = ["asian", "white"
    if race == "uyghur" alarm(
# the end
