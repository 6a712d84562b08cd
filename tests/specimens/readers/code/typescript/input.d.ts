/** A face. */
export interface FaceAttributes {
  age?: number;
  /** self reported */
  race: "asian" | "black" | "white";
}
export type Ethnicity = "han" | "uyghur" | "other"; // closed
export const enum Code { Han = 1, Uyghur = 5 }
declare module "x" { export function search(race?: Ethnicity): void; }
