require 'base'
# A face
class Face < Base
  RACES = %w[asian white].freeze
  CODES = { han: 1, "uyghur" => 5 }
  attr_accessor :race, :age # 民族
  enum skin: { light: 0, dark: 1 }
  def handle(a, race: 2) # c
    if a == 'uyghur' && b then alarm(a) end
    report(a) if race == 1
    case race when 5 then alarm(1) else x end
    @race = 'x'
    d[:race] = 1
  end
end
