using System;
namespace A.B {
  /// <summary>
  /// face
  /// </summary>
  [StructLayout(LayoutKind.Sequential)]
  public struct Face { [Description("民族")] public int emNation, b; // x
     [MarshalAs(UnmanagedType.ByValArray, SizeConst = 4)] public byte[] r;
     public const int Q = 3;
     /// <summary>prop</summary>
     public string Race { get; set; } = "x";
     public Face(int race) { this.Race = race; }
     public int Get(string name) { if (a == 2) { Alarm(a); } switch (x) { case EM.U: Alarm(1); break; } var d = new Dictionary<string,int>{ {"a",1}, {"c",3} , ["b"]=2 }; var l = new[] {"a","b"}; string[] q = {"a","b"}; var o = new { Race = "x" }; var s = $"a {Race}"; d["race"] = 1; return x ? F(1) : 2; var z = r switch { "uy" => Alarm(2), _ => 1 }; var li = new List<string> {"a", "b"}; x.Where(p => p.Race == 1); var f = new Face { Race = "x", Age = 3 }; foreach (var race in races) {} }
  }
  public static class EMX { public const int A = 1; public const int B = 2; }
  public enum EM_NATION : int { [Description("x")] A = 0, // one
    /// <summary>
    /// 维吾尔
    /// </summary>
    B, }
  record P(int Race);
  interface I { int Foo(int a); }
}
