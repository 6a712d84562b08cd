module Face where

-- | what is told of a face
data FaceAttribute
  = Age
  | Glasses
  deriving (Show, Eq)

data FaceAttr = FaceAttr
  { age :: Int
  , gender :: String -- ^ of the face
  -- , nationality :: String
  , glasses :: Bool
  } deriving Show

faceLabels :: [String]
faceLabels = ["smiling", "beard"]

old :: FaceAttr -> Bool
old face
  | age face > 60 = True
  | otherwise = False
