package face;

/** Attributes of a face. */
public enum FaceAttribute {
    AGE("age"),
    GENDER("gender");

    private final String label;

    FaceAttribute(String label) {
        this.label = label;
    }
}
