<?php
class FaceAttributes
{
    public int $age;
    /** The ethnic group. */
    public string $ethnicity;
    public float $faceScore;

    const FIELDS = ['age', 'ethnicity', 'gender'];
}
