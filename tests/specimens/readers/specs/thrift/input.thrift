namespace java face.thrift
# group codes
enum Race { ASIAN = 1, WHITE = 2, BLACK }
typedef i32 NationCode
const list<string> GROUPS = ["asian", "white"]
struct Face {
  1: required i32 age,
  2: optional Race race = 1 (api.body = "race") // inferred
  3: list<map<string, string>> extra
}
service Search extends Base {
  /** by people */
  list<Face> findByNation(1: NationCode nation, 2: i32 limit) throws (1: Failure why),
  void ping()
}
