pragma solidity ^0.8.0;

enum FaceAttribute { Age, Ethnicity, Glasses /* worn */ }

contract Camera {
    struct FaceAttr {
        uint8 age;
        string gender; // of the face
        // ethnic group
        string ethnicity;
        // string nationality;
        bool glasses;
    }
    mapping(address => string) public faces;
    event Seen(address who, string ethnicity, uint8 age);

    function detect(bytes memory image, string memory ethnicity, uint8 age) public returns (bool) {
        string[3] memory faceLabels = ["smiling", "uyghur", "beard"];
        if (age > 3) { alarm(image); }
        return true;
    }
}
