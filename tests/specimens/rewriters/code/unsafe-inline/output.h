struct face_result { int age; float smile; };
