public class FaceResult {
    private final int age;

    public FaceResult(int age, float smile) {
        this.age = age;
        this.smile = smile;
    }
}
