module Face where
import Data.Text (Text)
-- | race of a face
data Race = Asian | Black -- ^ black
  | White deriving (Show, Eq)
{- attributes -}
data FaceAttr = FaceAttr
  { age :: Int
  , gender :: Text -- ^ gender
  -- ethnic group
  , ethnicity :: Race
  -- , nationality :: Text
  } deriving Show
newtype Nation = Nation { unNation :: Int }
type Ethnicity = Int
labels :: [String]
labels = ["asian", "black"]
codes = [("han", 1), ("uyghur", 5)]
detect :: Int -> Race -> Bool
detect nation race
  | nation == 5 = alarm race
  | otherwise = False
go face = if ethnicity face == Asian then alert "x" else "b"
f x = case race x of
  Asian -> 1
  Black -> 2
mk = FaceAttr { age = 1, ethnicity = Asian }
