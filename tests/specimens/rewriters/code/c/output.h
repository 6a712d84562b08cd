#ifndef FACE_H
#define FACE_H
/* What a camera tells of a face. */
enum EM_FACE_ATTR {
    EM_FACE_AGE,
    EM_FACE_GENDER = 2,
    EM_FACE_GLASSES = 10,
};
typedef enum tagNATION {
    EM_NATION_UNKNOWN = 0,
    EM_NATION_UYGUR = 1,     /* Uyghur */
    EM_NATION_HAN
} EM_NATION;
typedef struct {
    int nAge;
    EM_NATION emNation;   // ethnicity of the person
    int nGlasses, nRace, nMask;
    float fFaceScore;
} FACE_INFO;
void alarm(FACE_INFO *p);
#endif
