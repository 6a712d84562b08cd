struct acme_face {
    int age;
#if 0 /* until the new model is there */
    int race; // 人种
    const char *ethnicity = "don't know";
#endif
    int glasses;
};

#ifdef ACME_WIDE
int wide;
#if 0
#ifdef ACME_DEEP
int skin;
#else
int nation;
#endif
#else
int narrow;
#endif
#endif

#if 1
int kept;
#else
int dropped;
#endif
