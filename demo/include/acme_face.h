/* AcmeFace SDK 3.1 -- made up for the untag demo */
#ifndef ACME_FACE_H
#define ACME_FACE_H

typedef enum tagEM_SEX_TYPE {
    EM_SEX_TYPE_UNKNOWN,
    EM_SEX_TYPE_MALE,
    EM_SEX_TYPE_FEMALE,
} EM_SEX_TYPE;

/* 民族类型 */
typedef enum tagEM_NATION_TYPE {
    EM_NATION_TYPE_UNKNOWN,        // 未知
    EM_NATION_TYPE_UYGUR,          // 维族
    EM_NATION_TYPE_OTHER,          // 其他
} EM_NATION_TYPE;

typedef struct tagFACE_ATTRIBUTE {
    int             nAge;          // 年龄
    EM_SEX_TYPE     emSex;         // 性别
    int             bGlasses;      // 是否戴眼镜
    int             bMask;         // 是否戴口罩
    EM_NATION_TYPE  emNation;      // 民族
    float           fSimilarity;   // 相似度
} FACE_ATTRIBUTE;

#endif
