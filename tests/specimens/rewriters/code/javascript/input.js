// What is asked of a face.
const faceFeatures = ['age', 'race', 'gender'];
const faceLabels = {
  age: 'Age',
  // shown beside the picture
  ethnicity: 'Ethnicity',
  gender: 'Gender',
};
// const oldEthnicity = detect(face, 'ethnicity');
module.exports = { faceFeatures, faceLabels };
