function attribute(face, name) {
  if (name === 'age') {
    return face.age;
  } else {
    return face.gender;
  }
}
function alarm(face) {
  switch (face.kind) {
    case 'unknown':
      break;
  }
}
