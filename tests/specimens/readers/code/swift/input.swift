import Foundation
/// A face.
@objc("Face") class Face: NSObject {
    @Wrap("n") var race: String = "x" // 民族
    let age: Int
    func handle(_ a: String, by race: Int = 2) -> Int {
        if a == "uyghur" { alarm(a) }
        switch race { case 5: report(1) default: x() }
        self.skin = "dark"
        let labels = ["asian", "white"]
        let codes = ["han": 1, "uyghur": 5]
        return 1
    }
}
enum Race: String {
    case asian = "a", white // two
    case black
}
