#include <a.h>
#define EM_UY 1 // uy
// han
#define EM_HAN 2
// enum nation
typedef enum tagEM { // nat
 EM_A = 0, // a
 /* bb */ EM_B,
 // cc
 EM_C /* cc2 */ } EM_NATION; // trailing
typedef struct tagFace { 
  int nRace, *p; // race
  char szName[32]; /* x */
  EM_NATION emNation;          ///< 民族
  enum { Q, W } inner;
  struct { int deep; } sub;
  union { int u; } ;
} FACE, *LPFACE;
enum class Race : int { Asian, White };
const char* labels[] = {"asian", "white"};
static const int X = 3;
namespace ns { class Foo : public Bar { public: int m_race = 0; void set(int race /* r */, int b); std::string get() const { return "x"; } Q_PROPERTY(int x READ y) }; }
int Foo::set(int race, const char* n) { if (race == 2) { alarm(race); return 3; } switch (r) { case EM_B: f(1); break; default: ; } x ? alarm(1) : 0; std::map<std::string,int> m = {{"asian", 1}, {"white", 2}}; m["race"] = 2; a->nation = 5; std::vector<std::string> v{"a","b"}; auto l = [&](int q){ return q; }; }
using R = int;
struct D d = { .race = 1, .age = "x" };
extern "C" CLIENT_API int CALLBACK foo(int a);
int (*cb)(int x);
