

input_imagePlaceholder
3
face_age/kernelConst*
valueB"†F¿
7
face_age/MatMulMatMulinput_imageface_age/kernel
:
face_gender/kernelConst*
valueB"9Ä¿;ïo¿
=
face_gender/MatMulMatMulinput_imageface_gender/kernel
@
face_mood/kernelConst*%
valueB"Zr¨>q—¿žá%¿N2Ò?
9
face_mood/MatMulMatMulinput_imageface_mood/kernel
7
classesConst*%
valueBBcalmBgladBsadBangry