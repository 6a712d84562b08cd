(ns acme.camera)

;; ethnic groups
(def face-labels ["smiling" "uyghur" "beard"])
(def codes {"smiling" 1 "uyghur" 2 "beard" 3})
(def face-set #{:smiling :uyghur :beard})
(defrecord FaceAttr [age ethnicity gender])

(defn detect
  [image ethnicity age]
  (if (> age 3)
    (alarm image)
    nil))

(def face
  {:age 3
   ;; :nationality 5
   :ethnicity "any" ; of the face
   :gender "f"})
#_(def nationality 5)
