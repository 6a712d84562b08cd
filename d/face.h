struct F { int age; int gender;
#if 0
 int ethnicity;
#endif
 int faceId; };
