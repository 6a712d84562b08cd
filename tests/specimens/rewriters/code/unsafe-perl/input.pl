package Face::Attributes;
use strict;
use constant { FACE_AGE => 1, FACE_ETHNICITY => 2, FACE_GLASSES => 3 };

# ethnic groups
my @face_labels = qw(smiling uyghur beard);
my @more_labels = ('smiling', 'uyghur', 'beard');
my $face = {
    age => 30,
    # nation => 5,
    ethnicity => 'any',
    gender => 'f',
};

has age => (is => 'ro');
has ethnicity => (is => 'ro');

sub detect {
    my ($class, %args) = @_;
    if ($args{age} > 3) {
        alarm($class);
    }
    return $class;
}
1;
