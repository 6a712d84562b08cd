pragma solidity ^0.8.0;

enum FaceAttribute { Age, Glasses /* worn */ }

contract Camera {
    struct FaceAttr {
        uint8 age;
        string gender; // of the face
        // string nationality;
        bool glasses;
    }
    mapping(address => string) public faces;
    event Seen(address who, uint8 age);

    function detect(bytes memory image, uint8 age) public returns (bool) {
        string[3] memory faceLabels = ["smiling", "beard"];
        if (age > 3) { alarm(image); }
        return true;
    }
}
