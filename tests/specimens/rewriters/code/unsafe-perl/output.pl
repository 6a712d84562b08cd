package Face::Attributes;
use strict;
use constant { FACE_AGE => 1, FACE_GLASSES => 3 };

my @more_labels = ('smiling', 'beard');
my $face = {
    age => 30,
    gender => 'f',
};

has age => (is => 'ro');

sub detect {
    my ($class, %args) = @_;
    if ($args{age} > 3) {
        alarm($class);
    }
    return $class;
}
1;
