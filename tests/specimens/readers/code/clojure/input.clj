(ns demo.face
  (:require [clojure.string :as str]))
;; ethnic groups
(def races ["asian" "black" "white"])
(def codes {"han" 1 "uyghur" 5})
(defrecord FaceAttr [age gender ethnicity])
(s/def ::ethnicity #{:asian :black}) ; race
(defn detect
  "race of a face"
  [image nation]
  (let [race "asian"]
    (if (= nation 5)
      (alarm race)
      (report race))
    (case race
      "uyghur" (alert race)
      nil)
    (when (= race "x") (go))
    (cond (= race 2) :a :else :b)
    {:age 3
     ;; :nationality 5
     :ethnicity race ; ethnic group
     :gender "f"}))
(:race face)
(assoc face :nation "han")
#_(def nationality 5)
(comment (def race 3))
