export interface FaceResult {
  age: number;
  faceScore: number;
}
export enum FaceAttr { Age, Gender = 2 }
export const faceLabels = { age: 'Age', gender: 'Gender' };
