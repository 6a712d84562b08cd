export type FaceAttribute = "age" | "gender" | "smile";
type FaceField =
  | "age"
  | "smile";
type FaceOutput = "age" | "gender";
export interface FaceRow { kind: "age" | "gender"; score: number; box: number[] }
export function tell(face: FaceRow, what: "age" | "smile"): void {}
export type FaceOther = "glasses";
