#ifndef NET_H
#define NET_H
#define EM_MAX_NATION 57    // 民族上限

// 民族类型
typedef enum tagEM_NATION_TYPE
{
    EM_NATION_UNKNOWN = 0,      // 未知
    EM_NATION_UYGUR,            // 维吾尔
    EM_NATION_OTHER,            /* other */
} EM_NATION_TYPE;

/**
 * Face attributes
 */
typedef struct tagFACE_ATTRIBUTE
{
    int             nAge;                   // age
    EM_NATION_TYPE  emNation;               // 民族, see
                                            // EM_NATION_TYPE
    int             nECType;                ///< 民族
    BYTE            bReserved[64];
} FACE_ATTRIBUTE, *LPFACE_ATTRIBUTE;

CLIENT_API BOOL CALL_METHOD CLIENT_FindByNation(LLONG lLoginID, int nNation /* 民族 */, int nWait);
#endif
