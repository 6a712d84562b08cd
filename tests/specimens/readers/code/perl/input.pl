#!/usr/bin/perl
package Face::Attributes;
use strict;
use warnings;
use constant RACE_ASIAN => 1;
use constant { RACE_BLACK => 2, RACE_WHITE => 3 };

=head1 NAME

Face::Attributes - ethnicity of a face

=cut

# ethnic groups
my @races = qw(asian black white);
my @labels = ('han', 'uyghur');
our %code_of = (
    asian => 1,
    'black' => 2,  # black
);
my $face = {
    age => 30,
    gender => 'f',
    # nation => 5,
    ethnicity => 'asian',
};
has 'race' => (is => 'rw', isa => 'Str');
has ethnicity => (is => 'ro');

sub new {
    my ($class, %args) = @_;
    my $self = { race => $args{race}, age => undef };
    $self->{ethnicity} = 'x';
    return bless $self, $class;
}

sub detect {
    my $nation = shift;
    if ($nation eq 'uyghur') {
        alarm($nation);
    } elsif ($self->{race} == 2) {
        $self->report("race");
    }
    print "x" unless $race;
    return $face->{ethnicity} eq 'asian' ? 1 : 0;
}
1;
