module Face where

-- | what is told of a face
data FaceAttribute
  = Age
  | Ethnicity -- ^ ethnic group
  | Glasses
  deriving (Show, Eq)

data FaceAttr = FaceAttr
  { age :: Int
  , gender :: String -- ^ of the face
  -- ethnic group
  , ethnicity :: String
  -- , nationality :: String
  , glasses :: Bool
  } deriving Show

faceLabels :: [String]
faceLabels = ["smiling", "uyghur", "beard"]

old :: FaceAttr -> Bool
old face
  | age face > 60 = True
  | otherwise = False
