import 'package:demo/base.dart';
/// A face.
@JsonSerializable()
class Face extends Base {
  @JsonKey(name: 'ethnicity') final String race; // 民族
  int? age = 3;
  int handle(String a, {int race = 2}) {
    if (a == 'uyghur') { alarm(a); }
    switch (race) { case 5: report(1); break; }
    d['race'] = 1;
    final labels = ['asian', 'white'];
    var codes = {'han': 1, 'uyghur': 5};
    return 1;
  }
}
enum Race { asian, white }
