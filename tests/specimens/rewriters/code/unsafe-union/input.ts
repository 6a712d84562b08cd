export type FaceAttribute = "age" | "gender" | "ethnicity" | "smile";
type FaceField =
  | "age"
  | "ethnicity" // told too
  | "smile";
type FaceOutput = "age" | "gender" | "race";
type RaceOnly = "race" | "ethnicity";
export interface FaceRow { kind: "age" | "race" | "gender"; score: number; ethnicity: string | null; box: number[] }
export function tell(face: FaceRow, what: "ethnicity" | "age" | "smile"): void {}
export type FaceOther = "glasses" | "race";
