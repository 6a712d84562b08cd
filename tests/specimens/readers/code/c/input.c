#include "net.h"
static const char *labels[] = { "asian", "black", "white" };
static struct option o = { .name = "race", .value = 1 };
int handle(FACE_ATTRIBUTE *p)
{
    /* only some */
    if (p->emNation == EM_NATION_UYGUR) {
        raise_alarm(p, "uyghur");
        return ALARM;
    }
    switch (p->nECType) {
    case 5: send_report(p); break;
    default: break;
    }
    return sqlite3_exec(db, "SELECT id FROM face WHERE nation = 5", 0);
}
