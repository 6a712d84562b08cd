

input_imagePlaceholder
3
face_age/kernelConst*
valueB"CÈ‡=
7
face_age/MatMulMatMulinput_imageface_age/kernel
:
face_gender/kernelConst*
valueB"øé¨9(†¾
=
face_gender/MatMulMatMulinput_imageface_gender/kernel
@
face_race/kernelConst*%
valueB"‹¿æ>øÚÒ¾î»Ÿ¾
9
face_race/MatMulMatMulinput_imageface_race/kernel
<
classesConst**
value!BBAsianBBlackBIndianBWhite