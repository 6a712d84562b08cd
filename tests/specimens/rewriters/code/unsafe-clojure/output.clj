(ns acme.camera)

(def codes {"smiling" 1 "beard" 3})
(def face-set #{:smiling :beard})
(defrecord FaceAttr [age gender])

(defn detect
  [image age]
  (if (> age 3)
    (alarm image)
    nil))

(def face
  {:age 3
   :gender "f"})
#_(def nationality 5)
