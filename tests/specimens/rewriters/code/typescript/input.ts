export interface FaceResult {
  age: number;
  /** the ethnicity that was detected */
  ethnicity?: 'asian' | 'black' | 'white';
  faceScore: number;
}
export enum FaceAttr { Age, Race, Gender }
export const faceLabels = { age: 'Age', ethnicity: 'Ethnicity', gender: 'Gender' };
