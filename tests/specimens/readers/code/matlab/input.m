% handles a face
function r = handle(a, race) % c
  if strcmp(a, 'uyghur')
    alarm(a);
  end
  switch race
    case {'uy', 'ti'}
      report(1);
  end
  labels = {'asian', 'white'};
end
classdef Race < int32
  enumeration
    Asian (0)
    White (1)
  end
end
