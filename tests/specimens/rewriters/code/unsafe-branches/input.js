function attribute(face, name) {
  if (name === 'ethnicity') {
    return face.ethnicity;
  } else if (name === 'age') {
    return face.age;
  } else {
    return face.gender;
  }
}
function alarm(face) {
  if (face.ethnicity === 'uyghur') {
    notify(face);
  }
  switch (face.kind) {
    case 'uyghur':
      notify(face);
      break;
    case 'unknown':
      break;
  }
}
