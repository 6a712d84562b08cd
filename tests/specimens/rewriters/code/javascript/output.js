// What is asked of a face.
const faceFeatures = ['age', 'gender'];
const faceLabels = {
  age: 'Age',
  gender: 'Gender',
};
module.exports = { faceFeatures, faceLabels };
