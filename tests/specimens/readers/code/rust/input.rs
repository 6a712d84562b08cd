use demo::base::{self, Face};
/// The closed set.
#[derive(Debug)]
#[serde(rename = "race")]
pub enum Race {
    Asian = 0, // asian
    #[serde(rename = "w")]
    White,
}
pub struct Face {
    #[serde(rename = "r")]
    pub race: String, // 民族
    age: i32,
}
static LABELS: &[&str] = &["asian", "white"];
impl Face {
    pub fn handle(&self, race: &str) -> i32 {
        if race == "uyghur" { alarm(race); }
        match race { "a" | "b" => report(1), _ => 2 };
        let v = vec!["a", "b"];
        let f = Face { race: "x", age: 3 };
        return 3;
    }
}
