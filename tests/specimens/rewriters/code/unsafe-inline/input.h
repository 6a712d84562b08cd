struct face_result { int age; int ethnicity; float smile; };
int face_ethnicity(const struct face_result *face);
