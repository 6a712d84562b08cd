-- the closed set
local Race = { ASIAN = 0, WHITE = 1 } -- two
local labels = {"asian", "white"}
d["race"] = 1
function M.handle(a, race)
  if a == "uyghur" then alarm(a) elseif race then report(1) end
  return f(1)
end
local t = { ["race"] = "x", [5] = "uyghur" }
