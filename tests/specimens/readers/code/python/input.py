"""Doc"""
from a.b import (c as d,
   e)
# 种族 kinds
Race = Literal["asian", "white"]
class EM(IntEnum):
    """Doc of EM"""
    A = 0 # zero
    # one
    B = auto()
@deco("x", name="race")
class S(Structure):
    _fields_ = [("emNation", c_int), # 民族
        ("b", c_int * 4)]
    race: str = "x"
    g: Literal["a", "b"] = "a"
    def f(self, race: str = "a", *args, z=3, **kw) -> int:
        """doc"""
        self.race = race
        d["race"] = 3
        a, b = 1, 2
        if x == 2 and y: alarm(x)
        elif z: pass
        else: return foo(1)
        y = a if b else c
        match r:
            case "uyghur": alarm()
        p.add_argument("--race", choices=["a","b"], default='x')
        return {"race": x, 'age': "v", 1: "asian", **z}
        print(f"hello {race!r} {{x}}", b"x" "y")
labels = ("a", "b"); s = {"a", "b"}
m = {0: "asian", 1: "white"}
o = {"race": ["asian", "black"], "age": 3, "n": {"x": "y"}}
CH = [("A", "Asian"), ("B", "Black")]
q = "SELECT * FROM t WHERE nation = 3"
res = DeepFace.analyze(img, actions=["age", "race"])
