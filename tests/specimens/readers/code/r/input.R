# the closed set
race <- c("asian", "white") # two
codes <- list(han = 1, uyghur = 5)
handle <- function(a, race = 2) {
  if (a == "uyghur") { alarm(a) }
  df[["race"]] <- 2
  return(f(1))
}
factor(x, levels = c("a", "b"))
