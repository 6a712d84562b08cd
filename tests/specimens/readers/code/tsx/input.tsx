import { a, b } from "x";
type Race = "asian" | "white" | "black";
enum E { A = "a", B = 2, C }
export interface Face { race: "a" | "b"; /* age */ age?: number; get(x: string): void }
class Foo extends Bar { private race: string = "x"; static r = 1; constructor(public q: string) { super(); this.race = q; } @Prop({type: String}) nation!: string; f(race?: number, {a, b}: any) { return 1 } }
// list
export const labels = ["asian", "white"] as const;
const m: Record<string, number> = { asian: 0, "white": 1, };
const m2 = { asian: 0, [x]: 2, q, f() { return 1 } };
let o = { race: "asian", // c1
   "age": 3, n: { a: 1 }, g: (x) => 1, enum: ["x", "y"] };
function f(a, b = "x") { if (a === "uy") { alarm(a); } else { g(1) } switch (a) { case "uy": alarm(1); break; default: q() } }
const g = async (race, x) => { obj.race = 1; obj["race"] = 2; x = a ? b : c; return `hello ${race}`; };
module.exports = { a: 1 };
export default { data() { return { race: "" } } }
const el = <Option value="uy" label={x}>Uyghur {race}</Option>;
declare function foo(x: number): string;
const opts = [{ value: 1, label: "汉族" }, { value: 2, label: "维吾尔族" }];
type T = { race: string; age: number };
foo(["x","y"], {a: 1, race: "z"});
const { race, age } = obj;
const S = new Set(["a", "b"]);
columns={[{title: '民族', dataIndex: 'nation', render: (v) => v}]};
