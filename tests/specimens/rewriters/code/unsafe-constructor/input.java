public class FaceResult {
    private final int age;
    private final String ethnicity;

    public FaceResult(int age, String ethnicity, float smile) {
        this.age = age;
        this.ethnicity = ethnicity;
        this.smile = smile;
    }
}
