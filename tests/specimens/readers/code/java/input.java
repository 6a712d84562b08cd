package a.b;
import x.y.Z;
/** doc 
 * 民族 of face
 */
@ApiModel("民族")
public class Face extends Structure implements I {
  @ApiModelProperty("民族") @Column(name="nation")
  private String nation = "x", y; // tr
  // above A
  public byte[] res = new byte[4];  // line one
                                    // line two
  public static interface EM_X extends S { /* uy */ int EM_UYGUR = 5; public static final int B = 2; // bb
  }
  public enum Race { ASIAN(1, "亚"), // asian
   WHITE(2); int code; Race(int c){this.code=c;} }
  public Face(int race) { super(race); this.race = race; }
  /** 
   * get it
   */

  @Override
  public int get(String name, int... r) throws E {
    if (attr.emNation == 2 && x) { alarm(attr, "uy"); return 3; } else if (b) foo(); 
    switch (n) { case EM_X.UYGUR: alarm(); break; default: }
    String[] l = {"asian","white"}; List<String> q = Arrays.asList("a","b"); Map.of("a",1); map.put("race", 1);
    int z = c ? alarm(x) : 2; l[0] = "x"; for (int i=0;i<3;i++){} String v = switch(n){ case 1 -> "x"; default -> "y"; };
    foo(x -> x.race()); String tb = """
    multi
    """;
    new A().b("x").c().d(3);
  }
}
record P(@A("x") int race, String name) {}
