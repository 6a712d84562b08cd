Œ
"serve*€
serving_defaultì
,

face_image
serving_default_face_image:0<
face_age0
StatefulPartitionedCall:0ÿÿÿÿÿÿÿÿÿ?
face_gender0
StatefulPartitionedCall:1ÿÿÿÿÿÿÿÿÿ=
	face_race0
StatefulPartitionedCall:2ÿÿÿÿÿÿÿÿÿ