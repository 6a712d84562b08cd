pragma solidity ^0.8.0;
import "./Base.sol";
/// race of a face
enum Race { Asian, Black /* black */ }
contract Face is Base {
    struct FaceAttr {
        uint8 age;
        string gender; // gender
        // ethnic group
        Race ethnicity;
        // string nationality;
    }
    string public race = "asian";
    uint8 constant RACE_BLACK = 2;
    mapping(address => string) public nationality;
    event Seen(address who, Race race);
    error BadRace(uint8 race);
    modifier only(uint8 race) { require(race == 1, "race"); _; }
    constructor(string memory race_) { race = race_; }
    function detect(bytes memory image, uint8 nation) public returns (bool) {
        string[2] memory labels = ["asian", "black"];
        if (nation == 5) { alarm("uyghur"); }
        faces[1].ethnicity = Race.Asian;
        emit Seen(msg.sender, Race.Asian);
        return nation == 5 ? true : false;
    }
}
