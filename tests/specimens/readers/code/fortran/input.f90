module face
  implicit none
  integer, parameter :: RACE_WHITE = 0
  enum, bind(c)
    enumerator :: white = 0, black
  end enum
  type :: face_t
    integer :: age
    character(len=10) :: race ! comment
    integer :: ethnicity, gender
    ! integer :: nation
  end type
contains
  subroutine detect(f, race)
    type(face_t), intent(in) :: f
    integer, intent(in) :: race
    character(len=8) :: labels(2) = [ "white   ", "black   " ]
    if (f%race == "uyghur") then
      call alert(f)
    end if
    f%race = "white"
    r = infer(f, "race")
  end subroutine
end module
