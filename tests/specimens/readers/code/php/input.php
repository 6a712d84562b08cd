<h1 title="民族">种族</h1>
<?php
namespace Demo\Face; use Demo\Base;
/** A face. */
#[Table("face")]
class Face extends Base {
    /** self reported */
    protected $race = 'x'; // 民族
    const KIND = 'k';
    public function handle(string $a, int $race = 2): int {
        if ($a == 'uyghur') { alarm($a); } elseif ($race) { report(1); }
        switch ($race) { case 5: alarm(1); break; }
        $d['race'] = 1;
        $labels = ['asian', 'white'];
        $codes = ['han' => 1, 'uyghur' => 5];
        $q->where('race', 1)->get();
        return 1;
    }
}
enum Race: string {
    case Asian = 'a'; // asian
    case White = 'w';
}
